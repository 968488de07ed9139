"""What the syntax of TypeScript and TSX (and so of JavaScript and JSX) is coloured by."""

from __future__ import annotations

TYPESCRIPT_QUERY = """
[(type_identifier) (predefined_type)] @type
[(true) (false) (null) (undefined) (this) (super)] @constant
(number) @number
(string) @string
(template_string ["`" (string_fragment) (escape_sequence)] @string)
(regex) @string
[(comment) (hash_bang_line)] @comment
(decorator) @function
(call_expression function: (identifier) @function)
(call_expression function: (member_expression property: (property_identifier) @function))
(function_declaration name: (identifier) @function)
(function_expression name: (identifier) @function)
(method_definition name: (property_identifier) @function)
(variable_declarator name: (identifier) @function value: [(arrow_function) (function_expression)])
[
  "abstract" "as" "asserts" "async" "await" "break" "case" "catch" "class" "const" "continue"
  "debugger" "declare" "default" "delete" "do" "else" "enum" "export" "extends" "finally" "for" "from"
  "function" "get" "if" "implements" "import" "in" "infer" "instanceof" "interface" "is" "keyof" "let"
  "namespace" "new" "of" "override" "private" "protected" "public" "readonly" "return" "satisfies"
  "set" "static" "switch" "target" "throw" "try" "type" "typeof" "var" "void" "while" "with" "yield"
] @keyword
"""

TSX_QUERY = (
    TYPESCRIPT_QUERY
    + """
(jsx_opening_element name: (_) @tag)
(jsx_closing_element name: (_) @tag)
(jsx_self_closing_element name: (_) @tag)
(jsx_attribute (property_identifier) @type)
"""
)

"""The shapes of a request for a table, as regular expressions on a normalised sentence."""

from __future__ import annotations

import re

_DETERMINER = r"(?:(?:me|us|a|an|the|my|our|one|two|three|some|new|another|following|simple|basic|small)\s+)*"
_KIND = r"(?:(?:convex|database|db|data)\s+)*"
_THERE = r"(?:app|application|database|db|backend|schema|project|deployment|convex)"
# "Table component" and "table reservation app" are no tables of a database.
_NOT_DATA = (
    r"(?:components?|widgets?|views?|layouts?|headers?|rows?|cells?|pages?|screens?|apps?|websites?|games?)"
)
_ENDS = r"(?=\s*(?:\Z|[,.:({]|with\b|having\b|that\b))"
_WISH = r"(?:i|we)(?:'d like| would like| want| need)"

OPENING = re.compile(
    r"(?:(?:hi|hello|hey|please|now|then|also|ok|okay|so|and)\b[,!.]?\s+)*"
    rf"(?:(?:(?:can|could|would|will) you|{_WISH} (?:you )?to|help me(?: to)?|let'?s)\s+(?:please\s+)?)?"
    rf"(?:(?:add|create|make|build|define|generate|introduce|give|set ?up|new)\b|{_WISH}\b)\s+"
    rf"(?:(?:in|up)\s+)?{_DETERMINER}",
    re.IGNORECASE,
)
NAMED_BEFORE = re.compile(rf"(?P<names>\S.*?)\s+{_KIND}tables?\b(?P<rest>.*)\Z", re.IGNORECASE)
NAMED_AFTER = re.compile(
    rf"{_KIND}table(?P<many>s?)\b[\s:]*+"
    r"(?:(?:called|named|(?:for )?(?:storing|holding|keeping|tracking)|for|of"
    r"|to (?:store|hold|keep|save|track|manage)|that (?:stores|holds|keeps))\s+"
    rf"|(?!(?:\w+ )?{_NOT_DATA}\b))"
    rf"{_DETERMINER}(?P<tail>.*)\Z",
    re.IGNORECASE,
)
ANOTHER_TABLE = re.compile(
    rf"\s*(?:,|&|\band\b|,\s*and\b)\s+{_DETERMINER}(?P<name>[\w$-]+(?: [\w$-]+)?)\s+"
    rf"{_KIND}tables?\b(?P<rest>.*)\Z",
    re.IGNORECASE,
)
CALLED = re.compile(r"\s*,?\s*(?:called|named)\s+(?P<tail>.+)\Z", re.IGNORECASE)
BETWEEN_NAMES = re.compile(rf"\s*(?:,|&|\band\b)\s*(?:and\b\s*)?{_DETERMINER}(?:tables?\s+)?", re.IGNORECASE)
FIELDS_BEGIN = re.compile(
    r"[\s,.;]*(?:\b(?:and\s+)?(?:with|having|including|that (?:has|have)|which (?:has|have)"
    r"|(?:where |in which )?(?:each|every)(?: \w+)? (?:has|have|should have|needs)"
    r"|(?:it|they) (?:has|have|should have|needs?)|fields|columns)\b"
    r"(?:\s+(?:the\s+)?(?:following\s+)?(?:fields|columns)\b)?[\s:]*|:\s*|\s-\s|[({])",
    re.IGNORECASE,
)
DESTINATION = re.compile(
    rf"\s+(?:to|in|into|for|inside|on)\s+(?:(?:my|the|our|this)\s+(?:\w+\s+)?{_THERE}|convex){_ENDS}",
    re.IGNORECASE,
)
PURPOSE = re.compile(
    rf"\s*(?P<purpose>for (?:the|my|our|an?) \w+(?: \w+)??){_ENDS}",
    re.IGNORECASE,
)
QUESTION = re.compile(r"(?:\w+[,!]? )?(?:can|could|would|will) you\b", re.IGNORECASE)
POLITE_END = re.compile(r"[\s,]*\b(?:please|thanks|thank you)\Z", re.IGNORECASE)
NOT_IN_NAMES = re.compile(
    r"\b(?:to|in|on|at|with|from|of|for|by|as|that|which|who|when|where|or|not|is|are|has|have|it|this|these|all|every"
    r"|fields?|columns?|index|indexes|rows?|functions?|query|queries|mutations?|components?)\b",
    re.IGNORECASE,
)

"""What the recipes are asked in the tests that combine them: each once, on tables that they share."""

EXAMPLES = (
    "Add a messages database table",
    "Create a function to save user messages",
    "Add authentication with Google",
    "Make the app real-time with subscriptions",
)
"""Those that the product shows to everybody."""
AUTH = EXAMPLES[2]
ALL = (
    *EXAMPLES,
    "Add a todos table",
    "Add a users table",
    "Add functions to save, list, update and delete todos",
    "Add CRUD for users",
    "Make todos real-time",
    "Add a likes (number) field to the messages table",
    "Add a due date field to the todos table",
    "Add an index on body to messages",
    "Add an index on author and body to messages",
    "Add a search index to messages on body",
    "Paginate messages",
    "Delete messages older than 30 days every night",
    "Add a cron job called sendDigest every Monday at 8:30",
    "Schedule deleting a message after 1 hour",
    "Add a scheduled function called sendReminder in 10 minutes",
    "Add an HTTP endpoint that lists messages",
    "Add a POST /messages endpoint that saves messages",
    "Add a webhook at /stripe",
    "Add file upload",
)

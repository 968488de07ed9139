"""The screens of the page. A screen's own styles sit beside it."""

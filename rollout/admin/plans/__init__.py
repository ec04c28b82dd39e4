"""Plans in the admin: the list, the form, the page with its buttons, and what a button does."""

"""Texts and keyboards as Telegram reads them: HTML, Markdown, reply markup."""

"""A campaign: settings, versions, trials, and what starts or ends it."""

"""Deploy files for each platform, rendered from templates."""

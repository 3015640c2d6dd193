"""What the dialects share: `writing` for writers, `running` for runners, `reading` for readers.

The two know nothing of each other, so that a mistake of a writer cannot hide in the runner that checks it. Nothing here
knows a detection language.
"""

"""The project file `transpile.toml` and environment variables: defaults for what the command line does not give."""

from transpile.project.load import FILE, Project, ProjectError, find, load

__all__ = ["FILE", "Project", "ProjectError", "find", "load"]

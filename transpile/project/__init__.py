"""The project file `transpile.toml`, and environment variables: what holds where the command line says nothing."""

from transpile.project.load import FILE, Project, ProjectError, find, load

__all__ = ["FILE", "Project", "ProjectError", "find", "load"]

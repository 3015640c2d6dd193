"""What a person or a machine is shown: text, JSON, SARIF, JUnit, HTML."""

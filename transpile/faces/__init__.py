"""Where people and programs meet the tool beside the command line: editors, agents and the browser.

A face asks the workflows and shows what they answer; it holds no logic about rules. What a face needs beyond the
package itself (`mcp`, `pygls`) is an optional extra and imported by that face alone.
"""

"""An agent for a real ADK API server: `agent.root_agent` is what the server looks for."""

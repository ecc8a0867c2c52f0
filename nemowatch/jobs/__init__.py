"""One job, durably: its record, its workflow, its history, and the engine behind them."""

"""What happens to a chat whose timer fires: the gate, the state machine, outcomes, replans, rates."""

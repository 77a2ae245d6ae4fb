"""What every screen stands in: signed buttons, judged presses, one live message, and the turns of each admin."""

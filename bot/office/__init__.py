"""The people of the office: who they are, how they sign in and sign, how they are reminded, what they did."""

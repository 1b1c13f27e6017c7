"""What every request passes on its way out and back: closed, polite, conditional, whole."""

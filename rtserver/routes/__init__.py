"""HTTP: sign-in, health, metrics, static files. Decides no right itself."""

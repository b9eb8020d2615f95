"""What those who run Moorage ask of it, beside the OpenStack services: health, readiness, figures."""

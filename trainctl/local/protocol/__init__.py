"""What Google's APIs have in common: errors, bodies and their checks, masks, filters, pages, times, routes."""

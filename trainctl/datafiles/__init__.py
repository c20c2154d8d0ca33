"""Import files of managed datasets: what may stand in them, checked before anything is uploaded."""

"""What is drawn: floor plan, bay, sparkline, history. Pure geometry; the templates write the SVG."""

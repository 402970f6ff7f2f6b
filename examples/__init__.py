"""Programs that train what the exercises build, on real text and generated tasks."""

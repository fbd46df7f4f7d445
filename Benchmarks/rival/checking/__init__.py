"""What `check` needs: real servers, a workload, and the reading of what came out."""

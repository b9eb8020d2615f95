"""Images: what volumes and local root disks are filled from. Rows say what they are, files hold the bytes."""

"""Task bodies, probe and client driver shared by every framework's workers."""

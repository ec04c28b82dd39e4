"""The control API: views that translate between JSON and the functions of `rollout` and `streaming`."""

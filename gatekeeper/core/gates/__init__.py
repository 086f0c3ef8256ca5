"""Gates: what they ask (``spec``), and what a tree, the findings and the approvals answer (``evaluate``)."""

"""The parts of tools/sa-agree: SpamAssassin's results beside ours (docs/antispam-agreement.md)."""

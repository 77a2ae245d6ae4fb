"""What becomes of the messages of a delivery once its person has returned or paid: rules as they were when it was sent.

`delete` makes a deletion due now, `unbutton` and `replace` an edit; a sweep does what is due. A payment has the last
word: a return changes nothing that a payment has changed. What is deleted already is left alone.
"""

from typing import Final

LATE_MS: Final = 48 * 3_600_000
"""So long after an episode's end a payment is still its merit, and its messages may still be deleted."""


def due_now(rule: str, cause: str, now: str, delete_at: str = "d.delete_at") -> str:
    """The assignments of an UPDATE of `recovery_deliveries d`; all arguments are SQL."""
    applies = f"d.deleted_at IS NULL AND NOT (d.edit_for IS NOT DISTINCT FROM 'paid' AND {cause} = 'returned')"
    edits = f"({applies} AND {rule} IN ('unbutton', 'replace'))"
    deletes = f"({applies} AND {rule} = 'delete')"
    return f"""
        delete_at = CASE WHEN {deletes} THEN least({delete_at}, {now}) ELSE {delete_at} END,
        edit_at = CASE WHEN {edits} THEN {now} ELSE d.edit_at END,
        edit_for = CASE WHEN {edits} THEN {cause} ELSE d.edit_for END,
        edited_at = CASE WHEN {edits} THEN NULL ELSE d.edited_at END,
        delete_refusal = CASE WHEN {deletes} THEN NULL ELSE d.delete_refusal END,
        edit_refusal = CASE WHEN {edits} THEN NULL ELSE d.edit_refusal END"""

//! Which parenthesis belongs to the one at the cursor.

/// The places of a parenthesis at the cursor, or before it, and of the one that belongs to it.
pub(super) fn pair(line: &str, pos: usize) -> Option<(usize, usize)> {
    let is_bracket = |at: &usize| matches!(line.as_bytes().get(*at), Some(b'(' | b')'));
    let at = [Some(pos), pos.checked_sub(1)].into_iter().flatten().find(is_bracket)?;
    let mut open = Vec::new();
    let mut quote = false;
    for (here, char) in line.char_indices() {
        match char {
            '"' => quote = !quote,
            _ if quote => {}
            '(' => open.push(here),
            ')' => {
                let other = open.pop()?;
                if here == at || other == at {
                    return Some((other, here));
                }
            }
            _ => {}
        }
    }
    None
}

package cloud

// takeOver makes room for something of which AWS has exactly one and that is put rather than created, such as an
// account's password policy: putting it again replaces what is there, whoever put it.
func takeOver(t *Tx, r *Resource) {
	if before, ok := t.Find(r.Type, "", r.ID); ok {
		t.Remove(before)
	}
}

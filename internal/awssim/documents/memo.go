package documents

import "sync"

// Memo keeps what documents were read as. Replays hand in the same ones over and over, and reading one takes far longer
// than every rule together. What is kept is shared: whoever gets it leaves it as it is.
type Memo[K comparable, V any] struct {
	mu    sync.RWMutex
	known map[K]V
}

// memoLimit is how many documents a memo keeps before it begins anew.
const memoLimit = 4096

// Of returns what k was read as, or reads it.
func (m *Memo[K, V]) Of(k K, read func() V) V {
	m.mu.RLock()
	v, ok := m.known[k]
	m.mu.RUnlock()
	if ok {
		return v
	}
	v = read()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= memoLimit {
		m.known = map[K]V{}
	}
	m.known[k] = v
	return v
}

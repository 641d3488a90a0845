package explore

import "time"

// event is a moment at which something is due for a node.
type event struct {
	at   time.Time
	turn int // events of one moment come in the order in which they were put down
	node int
}

func (e event) before(o event) bool {
	if c := e.at.Compare(o.at); c != 0 {
		return c < 0
	}
	return e.turn < o.turn
}

// events is a heap of events. It is written out because container/heap would allocate every event.
type events struct {
	heap []event
	turn int
}

func (q *events) len() int { return len(q.heap) }

func (q *events) reset() { q.heap, q.turn = q.heap[:0], 0 }

func (q *events) push(at time.Time, node int) {
	q.turn++
	q.heap = append(q.heap, event{at, q.turn, node})
	for i := len(q.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !q.heap[i].before(q.heap[up]) {
			return
		}
		q.heap[i], q.heap[up] = q.heap[up], q.heap[i]
		i = up
	}
}

func (q *events) pop() event {
	first := q.heap[0]
	last := len(q.heap) - 1
	q.heap[0] = q.heap[last]
	q.heap = q.heap[:last]
	for i := 0; ; {
		least := i
		for _, down := range [2]int{2*i + 1, 2*i + 2} {
			if down < last && q.heap[down].before(q.heap[least]) {
				least = down
			}
		}
		if least == i {
			return first
		}
		q.heap[i], q.heap[least] = q.heap[least], q.heap[i]
		i = least
	}
}

package state

import (
	"encoding/json"
	"fmt"
	"path"
	"time"
)

const (
	// Beat is how often the holder of a lock lets others know that it lives.
	Beat = time.Minute
	// Quiet is how long a holder may be silent before it counts as silent.
	Quiet = 3 * Beat
	// Lease is how long a silent holder on another machine may still be at work. When hub is killed, the engine that it ran
	// starts nothing new, finishes what is under way and ends. The longest that the AWS provider waits for one operation of
	// the platform's is 120 minutes (aws_rds_cluster: update and delete; platform timeouts stay below).
	Lease = 150 * time.Minute
	// Soon is how long an engine may take from its start until it holds its lock: it opens the state before.
	Soon = 5 * time.Minute
)

// Lock is a lock of Pulumi's self-managed backend (pkg/backend/diy/lock.go): a file per process that holds the stack.
type Lock struct {
	Key   string    `json:"-"` // where the file is
	Pid   int       `json:"pid"`
	User  string    `json:"username"`
	Host  string    `json:"hostname"`
	Taken time.Time `json:"timestamp"` // by its holder's clock
	// Written is when the file was written, by the store's clock, by which alone ages are counted; zero where that is not known.
	Written time.Time `json:"-"`
}

// ID is the lock's id, which no other lock has or will have: the engine makes one up for each process.
func (l Lock) ID() string { return path.Base(l.Key) }

// since is when the lock was taken, for a person: as its holder says, which cannot be later than the store got the file.
func (l Lock) since() time.Time {
	if !l.Written.IsZero() && l.Taken.After(l.Written) {
		return l.Written
	}
	return l.Taken
}

// Owner is how a person would name whoever holds the lock.
func (l Lock) Owner() string { return fmt.Sprintf("%s@%s, process %d", l.User, l.Host, l.Pid) }

// LockDir is where a stack's locks are.
func LockDir(project, stack string) string {
	return path.Join(".pulumi", "locks", "organization", project, stack) + "/"
}

// ParseLock reads a lock file. One that cannot be read is held all the same, by somebody unknown.
func ParseLock(key string, data []byte) Lock {
	l := Lock{Key: key}
	if err := json.Unmarshal(data, &l); err != nil || l.Pid <= 0 || l.Host == "" {
		return Lock{Key: key, User: "somebody", Host: "an unreadable lock file"}
	}
	l.Key = key
	return l
}

// Holder is hub's note of an engine that it runs, beside the lock which that engine takes. The lock tells a host's name
// and a process number, which other machines and containers can have as well; the note tells which machine is meant, and
// that its writer lives.
type Holder struct {
	Key     string    `json:"-"`
	Lock    string    `json:"lock,omitempty"` // id of the lock that the engine took; empty until it has taken it and hub has seen it
	Machine string    `json:"machine"`        // identity of the running system, see store.Here
	Host    string    `json:"host"`
	Pid     int       `json:"pid"`           // of the engine
	Hub     int       `json:"hub,omitempty"` // pid of the hub that runs the engine, and that an interrupt goes to; 0: none
	Started string    `json:"started"`       // when that process was started, as its machine counts
	User    string    `json:"user"`
	Verb    string    `json:"verb"`          // up, refresh, destroy
	Run     string    `json:"run,omitempty"` // address of the CI run
	Since   time.Time `json:"since"`
	Heard   time.Time `json:"-"` // when the note was last written, by the store's clock; zero where that is not known
}

// HolderDir is where the notes on a stack's locks are, apart from what is the engine's.
func HolderDir(project, stack string) string {
	return path.Join(folder(project), "holders", project, stack) + "/"
}

// Took reports whether the process that the note is on took the lock, by what the process itself says: a note is on one lock,
// by its id. One that does not name it yet is on a lock that this process took soon after it was started, and not long after
// the note was last renewed: a later process may have the same number.
func (h Holder) Took(l Lock) bool {
	switch {
	case h.Lock != "":
		return h.Lock == l.ID()
	case h.Pid != l.Pid || h.Host != l.Host:
		return false
	case l.Taken.Before(h.Since.Add(-time.Minute)) || l.Taken.After(h.Since.Add(Soon)):
		return false
	}
	return h.Heard.IsZero() || l.Written.IsZero() || !l.Written.After(h.Heard.Add(Quiet))
}

// Verdict is what is known of the process that holds a lock.
type Verdict string

// The verdicts. Only a lock whose holder is gone may be broken without somebody's saying so.
const (
	Alive   Verdict = "alive"
	Gone    Verdict = "gone"
	Unknown Verdict = "unknown"
)

// Here is the machine on which a lock is judged.
type Here struct {
	Machine string
	Host    string
	Running func(pid int) (started string, running bool)
	Begun   func(pid int) time.Time // when a process was started; nil or a zero time: not known
}

// mayHold reports whether the process that now has a number can have taken a lock: it was there before.
func (h Here) mayHold(pid int, l Lock) bool {
	if h.Begun == nil {
		return false
	}
	begun := h.Begun(pid)
	return !begun.IsZero() && begun.Before(l.Taken.Add(time.Second)) // which is in whole seconds at worst
}

// Judged is a lock with what is known of its holder.
type Judged struct {
	Lock
	Holder  *Holder // hub's note; nil when a plain pulumi took the lock
	Verdict Verdict
	Why     string    // the evidence, as the end of a sentence that begins with "it"
	At      time.Time // when it was judged, by the store's clock
	Until   time.Time // when the verdict changes by itself if nothing is heard; zero: never
}

// Judge decides whether the holder of a lock is at work, gone, or cannot be judged from here.
//
// A process number proves something only on the machine that gave it out: two machines, or two containers on one, can
// share a host's name. So a lock that hub did not note is never taken for abandoned, and one noted on another machine
// only when its lease is over.
//
// Of several notes on it one whose process lives counts first. now is the time by the store's clock.
func Judge(l Lock, holders []Holder, here Here, now time.Time) Judged {
	best := Judged{Lock: l, Verdict: Unknown, At: now}
	for _, h := range holders {
		if !h.Took(l) {
			continue
		}
		if j := judgeByNote(l, h, here, now); best.Holder == nil || weight(j) > weight(best) {
			best = j
		}
	}
	switch {
	case best.Holder != nil:
	case l.Host != here.Host:
		best.Why = "was not started by hub, on another host: whether it runs cannot be seen from here"
	default:
		best.judgeByName(here)
	}
	return best
}

// weight orders verdicts by several notes: a note that names the lock before one that may be on another, then what keeps the
// lock before what frees it.
func weight(j Judged) int {
	w := map[Verdict]int{Gone: 0, Unknown: 1, Alive: 2}[j.Verdict]
	if j.Holder.Lock != "" {
		w += 3
	}
	return w
}

func judgeByNote(l Lock, h Holder, here Here, now time.Time) Judged {
	j := Judged{Lock: l, Holder: &h, Verdict: Unknown, At: now}
	if h.Machine == "" || h.Machine != here.Machine {
		j.judgeByLease(h.Heard, now)
		return j
	}
	started, running := here.Running(h.Pid)
	switch {
	case running && started == h.Started:
		j.Verdict, j.Why = Alive, "runs on this machine"
	case running && h.Lock == "" && here.mayHold(h.Pid, l):
		j.Verdict, j.Why = Alive, "runs on this machine, under a number that an earlier process had"
	default:
		j.Verdict, j.Why = Gone, "ran on this machine and has ended without giving the lock back"
	}
	return j
}

func (j *Judged) judgeByName(here Here) {
	if _, running := here.Running(j.Pid); running {
		j.Verdict, j.Why = Alive, "runs on this host"
		return
	}
	j.Why = "was not started by hub, and no process of that number runs here: it is gone, unless another machine or container has this host's name"
}

func (j *Judged) judgeByLease(heard, now time.Time) {
	silent := now.Sub(heard)
	switch {
	case silent < Quiet:
		j.Verdict, j.Until = Alive, heard.Add(Quiet)
		j.Why = fmt.Sprintf("was heard of %s ago", Span(silent))
	case silent < Lease:
		j.Until = heard.Add(Lease)
		j.Why = fmt.Sprintf("was last heard of %s ago: hub was killed there or is cut off, but what it had under way may go on until its lease ends at %s",
			Span(silent), j.Until.UTC().Format("15:04 MST"))
	default:
		j.Verdict = Gone
		j.Why = fmt.Sprintf("was last heard of %s ago, longer than anything it can have had under way", Span(silent))
	}
}

// Forcible reports whether somebody may have the lock broken, and if not, why: a live holder's lock never is.
func (j Judged) Forcible() (bool, string) {
	if j.Verdict != Alive {
		return true, ""
	}
	if j.Until.IsZero() {
		what := fmt.Sprintf("process %d %s", j.Pid, j.Why)
		if j.Holder != nil && j.Holder.Hub != 0 {
			return false, fmt.Sprintf("%s for hub, process %d: end that first, with one interrupt, and let it finish", what, j.Holder.Hub)
		}
		return false, what + ": end it first, with one interrupt, and let it finish"
	}
	return false, fmt.Sprintf("it %s: this is possible from %s on, if it is not heard of again", j.Why, j.Until.UTC().Format("15:04:05 MST"))
}

// Describe tells of a lock in a line. now is the time by the store's clock, such as At.
func (j Judged) Describe(now time.Time) string {
	doing := ""
	if j.Holder != nil {
		doing = ", " + j.Holder.Verb
		if j.Holder.Run != "" {
			doing += " in " + j.Holder.Run
		}
	}
	return fmt.Sprintf("held by %s, for %s (since %s)%s; it %s", j.Owner(), Span(now.Sub(j.since())), j.since().UTC().Format("2006-01-02 15:04:05 MST"), doing, j.Why)
}

// Span is a duration for a person: its two largest units at most.
func Span(d time.Duration) string {
	d = max(0, d)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours())/24)
}

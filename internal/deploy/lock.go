package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/internal/state/store"
)

// OpenState opens the storage in which a target's state is, and makes sure that it is there. It is nil, without an
// error, where hub knows nothing of the kind of backend.
func OpenState(ctx context.Context, t Target) (*store.Store, error) {
	backend, err := t.backend()
	if err != nil || backend == "" {
		return nil, err
	}
	return store.Open(ctx, backend, t.Env)
}

// backend is the address that the engine will use: the target's own, else its environment's, else the project's.
func (t Target) backend() (string, error) {
	if t.Backend != "" {
		return t.Backend, nil
	}
	for _, kv := range slices.Backward(t.Env) {
		if url, ok := strings.CutPrefix(kv, "PULUMI_BACKEND_URL="); ok && url != "" {
			return url, nil
		}
	}
	return ProjectBackend(t.Root)
}

// ProjectBackend is the address of the state that a project's Pulumi.yaml names, by which a stock pulumi goes; empty where
// it names none.
func ProjectBackend(root string) (string, error) {
	text, err := readOptional(filepath.Join(root, "Pulumi.yaml"))
	if err != nil {
		return "", fmt.Errorf("read project: %w", err)
	}
	var project struct {
		Backend struct{ URL string }
	}
	if err := yaml.Unmarshal(text, &project); err != nil {
		return "", fmt.Errorf("read project: %w", err)
	}
	return project.Backend.URL, nil
}

// openStore opens the storage, and refuses a stack whose checkpoint is damaged before the engine reads it.
func (d *Driver) openStore(ctx context.Context) error {
	s, err := OpenState(ctx, d.target)
	if e, ok := errors.AsType[*store.NoBucket](err); ok {
		return &Error{Verb: "open stack", Stack: d.target.Stack, Problems: []string{e.Error()}, Cause: e, noBucket: e.Missing}
	}
	if err != nil || s == nil {
		return err
	}
	d.store = s
	if err := d.heal(); err != nil {
		return fmt.Errorf("open stack %s: %w", d.target.Stack, err)
	}
	d.found, err = s.Checkpoint(ctx, d.target.Project, d.target.Stack)
	return err
}

// heal takes away what keeps the engine from reading sound files of the state.
func (d *Driver) heal() error {
	if d.store == nil {
		return nil
	}
	healed, err := d.store.Heal()
	for _, path := range healed {
		d.note("removed %s, which could not be read: it only repeats what the file beside it says.", path)
	}
	return err
}

func (d *Driver) now() time.Time {
	if d.target.Now != nil {
		return d.target.Now()
	}
	return time.Now()
}

func (d *Driver) note(format string, args ...any) {
	if d.target.Note != nil {
		d.target.Note(d.target.Stack + ": " + fmt.Sprintf(format, args...))
	}
}

// locks are those on the stack. What cannot be found out is not known.
func (d *Driver) locks(ctx context.Context) []state.Judged {
	if d.store == nil {
		return nil
	}
	locks, err := d.store.Locks(context.WithoutCancel(ctx), d.target.Project, d.target.Stack, d.now())
	if err != nil {
		return nil
	}
	return locks
}

// free makes sure that nobody holds the stack. Locks whose holders are gone are removed; any other is a refusal that
// tells who holds it.
func (d *Driver) free(ctx context.Context, verb string) error {
	if d.store == nil {
		return nil
	}
	locks, err := d.store.Locks(ctx, d.target.Project, d.target.Stack, d.now())
	if err != nil {
		return d.failed(ctx, verb, fmt.Errorf("look for locks: %w", err), nil)
	}
	held := slices.DeleteFunc(slices.Clone(locks), func(j state.Judged) bool { return j.Verdict == state.Gone })
	if len(held) > 0 {
		return &Error{Verb: verb, Stack: d.target.Stack, Locks: held, locked: true, Cause: errLocked}
	}
	for _, j := range locks {
		if err := d.store.Break(ctx, j); err != nil {
			return fmt.Errorf("%s %s: %w", verb, d.target.Stack, err)
		}
		d.note("removed a lock that was left behind: %s.", j.Describe(j.At))
	}
	if len(locks) > 0 {
		d.notePending(ctx)
	}
	return d.store.Tidy(ctx, d.target.Project, d.target.Stack)
}

var errLocked = errors.New("the stack is locked")

// notePending tells what was under way when the holder of a lock went, as far as the checkpoint knows.
func (d *Driver) notePending(ctx context.Context) {
	c, err := d.store.Checkpoint(ctx, d.target.Project, d.target.Stack)
	if err != nil || c == nil || len(c.Pending) == 0 {
		return
	}
	d.note("what it had under way may or may not exist: %s.", strings.Join(c.Pending, ", "))
}

// locking are the engine's commands that take the stack's lock (pkg/backend/diy/backend.go: CreateStack, RemoveStack, Update,
// Refresh, Destroy, ImportDeployment), unless they are asked for a preview only.
var locking = []string{"init", "rm", "up", "refresh", "destroy", "import"}

// hold keeps a note on who holds the stack's lock for as long as an engine runs that takes it. What it returns ends the note.
func (d *Driver) hold(pid int, args []string) (ended func(error)) {
	words := slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return strings.HasPrefix(arg, "-") || arg == "stack" })
	if d.store == nil || len(words) == 0 || !slices.Contains(locking, words[0]) || slices.Contains(args, "--preview-only") {
		return nil // it only reads
	}
	ctx := context.Background() // an interrupt ends the engine first
	held, err := d.store.Hold(ctx, d.target.Project, d.target.Stack, state.Holder{Pid: pid, Hub: os.Getpid(), Verb: words[0], Run: d.target.Run}, d.now())
	if err != nil {
		return nil // without a note the lock is judged by what it says itself
	}
	return func(failed error) { d.release(ctx, held, failed != nil) }
}

// release ends the note on an engine of this driver's. One that was killed has left its lock: the note stays with it, as the
// proof that its owner is gone.
func (d *Driver) release(ctx context.Context, h *store.Held, failed bool) {
	if failed && slices.ContainsFunc(d.locks(ctx), func(j state.Judged) bool { return j.Holder != nil && j.Holder.Key == h.Holder.Key }) {
		h.Keep()
		return
	}
	if err := h.Release(ctx); err != nil {
		d.note("the note on who held its lock could not be removed: %v.", err)
	}
}

// describe tells of several locks.
func describe(locks []state.Judged) string {
	lines := make([]string, len(locks))
	for i, j := range locks {
		lines[i] = j.Describe(j.At)
	}
	return strings.Join(lines, "\n")
}

// lockAdvice says what to do about the locks, by what is known of their holders.
func (e *Error) lockAdvice() string {
	if len(e.Locks) == 0 {
		return "Another operation is running on this stack, or one was killed while it ran. Wait for it, or see who holds the stack with: hub unlock " + e.Stack
	}
	alive := func(j state.Judged) bool { return j.Verdict == state.Alive }
	if slices.ContainsFunc(e.Locks, alive) {
		return "Wait for it: two writers would lose each other's changes. See how it stands with: hub unlock " + e.Stack
	}
	return "Find out whether it still runs. When it is gone for certain, remove the lock with: hub unlock " + e.Stack + " --force"
}

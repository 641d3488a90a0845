package github

import (
	"regexp"
	"slices"
	"strings"
)

// Region is a stack and the region that it is in.
type Region struct{ Stack, Region string }

// NameRegion returns a workflow that names a further region wherever it names one: behind it in a list of stacks on a command
// line, as one more entry of a matrix, and as one more job, which runs after the last.
func NameRegion(workflow string, like, more Region) string {
	// The further stack stands behind the last of the stacks that stand together.
	list := regexp.MustCompile(`(?m)^(.*\bhub \w+ (?:[a-z][a-z0-9-]* )*?` + regexp.QuoteMeta(like.Stack) + `(?: [a-z0-9][a-z0-9-]*)*)( .*)?$`)
	named := regexp.MustCompile(`(^|[ \t])` + regexp.QuoteMeta(more.Stack) + `([ \t]|$)`)
	var out []string
	lastEntry := -1
	entry := regexp.MustCompile(`^(\s*- \{ stack: )[a-z0-9-]+(, region: )[a-z0-9-]+( \}\n?)$`)
	matrix := strings.Contains(workflow, "- { stack: "+like.Stack+", region: "+like.Region+" }")
	for line := range strings.Lines(workflow) {
		if m := list.FindStringSubmatchIndex(strings.TrimSuffix(line, "\n")); m != nil && !named.MatchString(line) {
			line = line[:m[3]] + " " + more.Stack + line[m[3]:]
		}
		out = append(out, line)
		if matrix && entry.MatchString(line) {
			lastEntry = len(out)
		}
	}
	if lastEntry >= 0 {
		m := entry.FindStringSubmatch(out[lastEntry-1])
		out = slices.Insert(out, lastEntry, m[1]+more.Stack+m[2]+more.Region+m[3])
	}
	return withJob(strings.Join(out, ""), like, more)
}

// job is one of a workflow's jobs, by the line that names it.
var job = regexp.MustCompile(`(?m)^  ([a-z0-9-]+):\n`)

// withJob repeats the job of the same name as the stack at the end, after the one that is last.
func withJob(workflow string, like, more Region) string {
	_, jobs, _ := strings.Cut(workflow, "\njobs:\n")
	starts := job.FindAllStringSubmatchIndex(jobs, -1)
	for i, start := range starts {
		if jobs[start[2]:start[3]] != like.Stack {
			continue
		}
		end := len(jobs)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		last := starts[len(starts)-1]
		body := regexp.MustCompile(`(?m)^    needs: .*\n`).ReplaceAllString(jobs[start[1]:end], "")
		body = strings.NewReplacer("stack: "+like.Stack+"\n", "stack: "+more.Stack+"\n", "region: "+like.Region+"\n", "region: "+more.Region+"\n").Replace(body)
		return strings.TrimRight(workflow, "\n") + "\n  " + more.Stack + ":\n    needs: " + jobs[last[2]:last[3]] + "\n" + strings.TrimRight(body, "\n") + "\n"
	}
	return workflow
}

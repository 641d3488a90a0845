package cli

import (
	"bytes"
	"time"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/report"
)

// writeReport writes the page of a run that ended with failure, or nil; nothing where nobody named a file.
func (s *session) writeReport(file string, began time.Time, plans []plan.Plan, failure error) error {
	if file == "" {
		return nil
	}
	run := report.Run{Verb: s.verb, Began: began, Ended: s.Now(), Result: "All changes were made."}
	if failure != nil {
		run.Result, _ = Report(s.guided(failure))
	}
	for _, p := range plans {
		run.Stacks = append(run.Stacks, report.Stack{Plan: p, Spans: s.recorder.Spans(p.Stack)})
	}
	var page bytes.Buffer
	if err := run.HTML(&page); err != nil {
		return err
	}
	return s.writeDocument(file, page.Bytes())
}

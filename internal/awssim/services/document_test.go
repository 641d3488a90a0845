package services

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/deepstreamhub/platform/tests/generated"
)

var update = flag.Bool("update", false, "rewrite docs/offline-aws.md; the test fails all the same")

// The document lists what is known of every type and every refusal in this package's source, so that it cannot say
// less or more than the code does.
func TestDocument(t *testing.T) {
	t.Parallel()
	s := readSource(t)
	got := "# The offline AWS\n\n" + documentHead + "\n" + documentOutlives + "\n## Resource types\n\n" + typesHead +
		documentTypes(s) + "\n## The collected rules\n\n" + factsHead + documentFacts(s)
	generated.Hold(t, filepath.Join("..", "..", "..", "docs", "offline-aws.md"), got, *update)
}

const documentHead = `Generated from ` + "`internal/awssim/services`" + ` by its TestDocument; do not edit.

What ` + "`--offline`" + ` puts in AWS's place. Every type is checked against the SDK's own Go types (unknown, missing and
wrongly typed properties are refused by name), then against the provider's rules, then against AWS's. A type, property
or function that is not listed is refused, never passed over.

Refusals are of three kinds. Most fail at once. Some the provider answers by repeating the call, for as long as the
last column of a table says; what clears up in that time is never seen. And some things AWS accepts and cannot bring up:
the creation fails when its time is over, and the resource exists all the same.

Without ` + "`--time-scale`" + ` nothing takes time: everything is seen everywhere at once, and nothing is repeated.

Sources: a number behind "facts" is that of the rule in the collection of AWS's ordering rules from which this project
started, gathered from provider source, apply logs and issue threads; all of them are at the end of this page. Other
sources are pages of AWS's documentation, or the file of the AWS provider that holds the check.

## Not modelled

- load balancers of other types than application, databases of other engines than Aurora PostgreSQL, services of
  ECS without a host of one's own beyond what their creation checks, and whatever a refusal names as not part of the
  offline AWS;
- a service that never gets steady is not left behind, as AWS would leave it: its creation is refused;
- what the application in a container does, beyond that it cannot start while a database or cache that its environment
  names cannot be reached;
- instance refreshes: the provider does not wait for them, and a failed one is invisible to a deployment;
- IAM's decisions about whoever deploys: the caller may do everything;
- prices, and every limit on the rate of calls but injected throttling.
`

const documentOutlives = `## What outlives a destroy

What a deletion leaves in the account, and what a later creation then meets:

| What | How long | What meets it |
| --- | --- | --- |
| the name of a secret | its recovery window, 7 to 30 days; some seconds when deleted by force | a secret of that name (facts 100) |
| a key that is to be deleted | its window, 7 to 30 days | whatever was encrypted under it, an alias that leads to it (facts 36) |
| the final snapshot of a cluster or cache, and recovery points | until somebody deletes them | a second final snapshot of that name (facts 85), a restore |
| deregistered revisions of a task definition | for ever | the family's next revision: numbers go on |
| log groups that services make: exported database logs, Enhanced Monitoring, Container Insights | for ever | a log group of that name in a program (facts 109) |
| log groups and access policies of backup vaults that are kept on purpose | until somebody deletes them | the same |
| the name of a bucket | some seconds | a bucket of that name (facts 104) |
| an Elastic IP's gateway | some seconds after it is gone | the release of the address (facts 5) |
`

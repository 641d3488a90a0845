package services

import (
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

var _ = cloud.Serve(cloud.Services{Declare: declareAccount, Requests: accesses, Lookups: lookupAccesses})

// declareAccount puts the account's hosted zones and policies into a cloud, as resources that no deployment made, where they
// are not there yet.
func declareAccount(t *cloud.Tx) {
	for _, z := range t.Declared().HostedZones {
		t.Declare(typeZone, z.ID, cloud.Map{"name": z.Name, "comment": "declared by the account"}, applyZoneState)
	}
	for _, p := range t.Declared().Policies {
		arn := t.GlobalARN("iam", "policy"+p.Path+p.Name)
		t.Declare(typePolicy, arn, cloud.Map{"name": p.Name, "path": p.Path, "policy": p.Policy}, func(r *cloud.Resource) {
			r.State["arn"], r.State["attachmentCount"] = arn, 0.0
			r.State["policyId"] = "ANPA" + strings.ToUpper(t.Hex(17))
		})
	}
}

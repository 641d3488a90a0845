// Package health says whether a region works: its services steady on the revision that was deployed, their targets
// healthy, its hosts not being replaced, its alarms quiet. What there is to look at comes from the stack's state, how it
// is from AWS. It is the one part of hub that asks AWS itself: the provider has no function for any of it.
package health

import (
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awsenv"
	"github.com/deepstreamhub/platform/internal/plan"
)

// Parts are what is looked at in a stack, by AWS region.
type Parts map[string]*Part

// Part is what a stack has in one region.
type Part struct {
	Access   awsenv.Access // as whom the stack's provider reaches AWS there
	Services []Service
	Groups   []string // names of auto scaling groups
	Targets  []string // ARNs of target groups
	Alarms   []string // names
}

// Service is one ECS service as it was deployed.
type Service struct{ Cluster, ARN, Name, TaskDefinition string }

// From finds the parts of a stack in its checkpoint.
func From(s plan.State) Parts {
	parts := Parts{}
	access := map[string]awsenv.Access{} // by provider
	for _, r := range s.Resources {
		if r.Type == typeProvider {
			access[r.URN+"::"+r.ID] = awsenv.AccessOf(r.Inputs)
		}
		arn, _ := r.Outputs["arn"].(string)
		if r.Type == typeService {
			arn = r.ID
		}
		if r.Delete || !slices.Contains(looked, r.Type) || strings.Count(arn, ":") < 5 {
			continue
		}
		region := strings.Split(arn, ":")[3]
		if parts[region] == nil {
			parts[region] = &Part{Access: access[r.Provider]}
		}
		parts[region].add(r, arn)
	}
	return parts
}

const (
	typeProvider = "pulumi:providers:aws"

	typeService = "aws:ecs/service:Service"
	typeGroup   = "aws:autoscaling/group:Group"
	typeTargets = "aws:lb/targetGroup:TargetGroup"
	typeAlarm   = "aws:cloudwatch/metricAlarm:MetricAlarm"
)

var looked = []string{typeService, typeGroup, typeTargets, typeAlarm}

func (p *Part) add(r plan.Resource, arn string) {
	text := func(name string) string { v, _ := r.Outputs[name].(string); return v }
	switch r.Type {
	case typeService: // what was asked for: the outputs of one whose deployment AWS took back are of the former revision
		asked, ok := r.Inputs["taskDefinition"].(string)
		if !ok {
			asked = text("taskDefinition")
		}
		p.Services = append(p.Services, Service{Cluster: text("cluster"), ARN: arn, Name: text("name"), TaskDefinition: asked})
	case typeGroup:
		p.Groups = append(p.Groups, text("name"))
	case typeTargets:
		p.Targets = append(p.Targets, arn)
	case typeAlarm:
		p.Alarms = append(p.Alarms, text("name"))
	}
}

package endpoint

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/services"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// service is one that is asked how something is, or what there is of it.
type service struct {
	answer func(*cloud.Cloud, http.ResponseWriter, *http.Request, scope) *queryFault
	refuse func(w http.ResponseWriter, code, message string)
	// stranger is the error code for a key that is not of the account.
	stranger string
	action   string // that IAM decides on; none of them on a resource that a role would be scoped to
}

// apis are the services that are, by the name that requests are signed for.
var apis = map[string]service{
	"autoscaling":          {describeRefreshes, queryRefusal, "InvalidClientTokenId", "autoscaling:DescribeInstanceRefreshes"},
	"backup":               {listSelections, restRefusal, "UnrecognizedClientException", "backup:ListBackupSelections"},
	"ecs":                  {describeServices, kmsFault, "UnrecognizedClientException", "ecs:DescribeServices"}, // the same protocol as KMS's
	"elasticloadbalancing": {describeTargetHealth, queryRefusal, "InvalidClientTokenId", "elasticloadbalancing:DescribeTargetHealth"},
	"monitoring":           {describeAlarms, queryRefusal, "InvalidClientTokenId", "cloudwatch:DescribeAlarms"},
}

// queryFault is an error of the query protocol, and of the JSON protocols.
type queryFault struct{ Code, Message string }

func (s service) serve(c *cloud.Cloud, w http.ResponseWriter, r *http.Request, who scope) {
	as, known := identity(c, who.Key)
	if !known {
		s.refuse(w, s.stranger, "The security token included in the request is invalid.")
		return
	}
	if err := services.MayCall(c, as, who.Region, s.action, resourceOf(c, s.action, who.Region)); err != nil {
		s.refuse(w, "AccessDenied", err.Error())
		return
	}
	if fault := s.answer(c, w, r, who); fault != nil {
		s.refuse(w, fault.Code, fault.Message)
	}
}

// resourceOf is what an action is decided on: everything of the service in the account, where it can be scoped at all.
func resourceOf(c *cloud.Cloud, action, region string) string {
	if services.Unscoped(action) {
		return "*"
	}
	service, _, _ := strings.Cut(action, ":")
	return "arn:aws:" + service + ":" + region + ":" + c.Account().ID + ":one"
}

// queryRefusal is an error as the query protocol words it.
func queryRefusal(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(http.StatusBadRequest)
	answer(w, struct {
		XMLName xml.Name   `xml:"ErrorResponse"`
		Error   queryFault `xml:"Error"`
	}{Error: queryFault{code, message}})
}

// restRefusal is an error as the REST protocol with JSON words it: its code is in a header (Smithy, "AWS restJson1
// protocol", Operation error serialization).
func restRefusal(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", code)
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(queryFault{code, message}) // the client is gone: nobody to tell
}

func unknownOperation(name string) *queryFault {
	return &queryFault{"InvalidAction", "the offline AWS does not know " + name}
}

func answer(w http.ResponseWriter, v any) { _ = xml.NewEncoder(w).Encode(v) } // the client is gone: nobody to tell

// describeServices: Amazon ECS API Reference, DescribeServices. A service that is not there is a failure with reason
// MISSING, no error.
func describeServices(c *cloud.Cloud, w http.ResponseWriter, r *http.Request, who scope) *queryFault {
	const operation = "AmazonEC2ContainerServiceV20141113.DescribeServices"
	if target := r.Header.Get("X-Amz-Target"); target != operation {
		return unknownOperation(target)
	}
	var q struct{ Services []string }
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return &queryFault{"SerializationException", err.Error()}
	}
	described, failures := []map[string]any{}, []map[string]any{}
	found := map[string]bool{}
	for _, s := range services.DescribeServices(c, who.Region, q.Services) {
		found[s.ARN] = true
		rollout, events := "COMPLETED", []map[string]any{}
		if s.Reason != "" {
			rollout = "IN_PROGRESS"
			events = append(events, map[string]any{"message": "(service " + s.Name + ") " + s.Reason})
		}
		if s.TakenBack != "" { // ECS Developer Guide, "Viewing Amazon ECS service event messages"
			events = append(events, map[string]any{"message": "(service " + s.Name + ") deployment failed: tasks failed to start: " + s.TakenBack})
		}
		described = append(described, map[string]any{
			"serviceArn": s.ARN, "serviceName": s.Name, "clusterArn": s.Cluster, "status": "ACTIVE", "taskDefinition": s.TaskDefinition,
			"desiredCount": s.Desired, "runningCount": s.Running, "pendingCount": s.Desired - s.Running, "events": events,
			"deployments": []map[string]any{{
				"status": "PRIMARY", "rolloutState": rollout, "taskDefinition": s.TaskDefinition, "desiredCount": s.Desired, "runningCount": s.Running,
			}},
		})
	}
	for _, arn := range q.Services {
		if !found[arn] {
			failures = append(failures, map[string]any{"arn": arn, "reason": "MISSING"})
		}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(map[string]any{"services": described, "failures": failures}) // the client is gone: nobody to tell
	return nil
}

// describeTargetHealth: Elastic Load Balancing API Reference, version 2015-12-01, DescribeTargetHealth.
func describeTargetHealth(c *cloud.Cloud, w http.ResponseWriter, r *http.Request, who scope) *queryFault {
	if action := r.FormValue("Action"); action != "DescribeTargetHealth" {
		return unknownOperation(action)
	}
	arn := r.FormValue("TargetGroupArn")
	healthy, unhealthy, reason, ok := services.TargetHealth(c, who.Region, arn)
	if !ok {
		return &queryFault{"TargetGroupNotFound", "One or more target groups not found"}
	}
	type target struct {
		ID          string `xml:"Target>Id"`
		State       string `xml:"TargetHealth>State"`
		Description string `xml:"TargetHealth>Description,omitempty"`
	}
	var targets []target
	for i := range healthy + unhealthy {
		t := target{ID: fmt.Sprintf("10.0.0.%d", i+4), State: "healthy"}
		if i >= healthy {
			t.State, t.Description = "unhealthy", reason
		}
		targets = append(targets, t)
	}
	answer(w, struct {
		XMLName xml.Name `xml:"DescribeTargetHealthResponse"`
		Targets []target `xml:"DescribeTargetHealthResult>TargetHealthDescriptions>member"`
	}{Targets: targets})
	return nil
}

// describeRefreshes: Amazon EC2 Auto Scaling API Reference, DescribeInstanceRefreshes. Hosts here are as their group's
// template says as soon as it says so: there is never a refresh under way, and none is remembered but one that somebody had
// taken back for a rehearsal.
func describeRefreshes(c *cloud.Cloud, w http.ResponseWriter, r *http.Request, who scope) *queryFault {
	if action := r.FormValue("Action"); action != "DescribeInstanceRefreshes" {
		return unknownOperation(action)
	}
	status, reason, percent, ok := services.LastRefresh(c, who.Region, r.FormValue("AutoScalingGroupName"))
	if !ok {
		return &queryFault{"ValidationError", "AutoScalingGroup name not found - null"}
	}
	type refresh struct {
		Status             string
		StatusReason       string
		PercentageComplete int
	}
	var last []refresh
	if status != "" {
		last = append(last, refresh{status, reason, percent})
	}
	answer(w, struct {
		XMLName xml.Name  `xml:"DescribeInstanceRefreshesResponse"`
		Last    []refresh `xml:"DescribeInstanceRefreshesResult>InstanceRefreshes>member"`
	}{Last: last})
	return nil
}

// describeAlarms: Amazon CloudWatch API Reference, DescribeAlarms. Names that are unknown are left out.
func describeAlarms(c *cloud.Cloud, w http.ResponseWriter, r *http.Request, who scope) *queryFault {
	if action := r.FormValue("Action"); action != "DescribeAlarms" {
		return unknownOperation(action)
	}
	var names []string
	for field, values := range r.Form {
		if strings.HasPrefix(field, "AlarmNames.member.") {
			names = append(names, values...)
		}
	}
	type alarm struct {
		Name  string `xml:"AlarmName"`
		State string `xml:"StateValue"`
	}
	var alarms []alarm
	for name, state := range services.AlarmStates(c, who.Region, names) {
		alarms = append(alarms, alarm{name, state})
	}
	answer(w, struct {
		XMLName xml.Name `xml:"DescribeAlarmsResponse"`
		Alarms  []alarm  `xml:"DescribeAlarmsResult>MetricAlarms>member"`
	}{Alarms: alarms})
	return nil
}

// listSelections: AWS Backup API, ListBackupSelections, all on one page.
func listSelections(c *cloud.Cloud, w http.ResponseWriter, r *http.Request, who scope) *queryFault {
	below, ok := strings.CutPrefix(strings.TrimSuffix(r.URL.Path, "/"), "/backup/plans/")
	plan, what, _ := strings.Cut(below, "/")
	if !ok || what != "selections" || r.Method != http.MethodGet {
		return unknownOperation(r.Method + " " + r.URL.Path)
	}
	selections, found := services.Selections(c, who.Region, plan)
	if !found {
		return &queryFault{"ResourceNotFoundException", "Cannot find Backup plan with ID " + plan}
	}
	type member struct{ BackupPlanId, IamRoleArn, SelectionId, SelectionName string }
	list := []member{}
	for _, s := range selections {
		list = append(list, member{plan, cloud.Str(s, "iamRoleArn"), cloud.Str(s, "id"), cloud.Str(s, "name")})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"BackupSelectionsList": list}) // the client is gone: nobody to tell
	return nil
}

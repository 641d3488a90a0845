package services

import (
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

const typeFlowLog = "aws:ec2/flowLog:FlowLog"

// flowLogFormat is the default record format (Amazon VPC User Guide, "Flow log records").
const flowLogFormat = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"

var _ = cloud.Register(&cloud.Kind{
	Type: typeFlowLog, Service: "EC2", Noun: "FlowLogs",
	Refs: []cloud.Ref{
		{Path: "vpcId", To: typeVPC, Missing: missingVPC},
		{Path: "subnetId", To: typeSubnet, Missing: missingNet, Free: true},
	},
	Check: func(c *cloud.Checker) {
		if !cloud.Has(c.In, "transitGatewayId") && !cloud.Has(c.In, "transitGatewayAttachmentId") && !cloud.Has(c.In, "trafficType") {
			c.Fail("trafficType", "missing required property: only a transit gateway's flow log has none")
		}
		c.Unmodelled("eniId", "transitGatewayId", "transitGatewayAttachmentId", "destinationOptions", "deliverCrossAccountRole")
	},
	Create: createFlowLog,
	Timing: cloud.Timing{Create: cloud.Secs(1, 1, 2), Delete: cloud.Secs(1, 0, 1),
		Source: "facts, section 1: flow log (guess)"},
	Calls:    cloud.Calls{Create: "ec2:CreateFlowLogs ec2:CreateTags logs:CreateLogDelivery", Read: "ec2:DescribeFlowLogs", Update: ec2Tags, Remove: "ec2:DeleteFlowLogs logs:DeleteLogDelivery"},
	TaggedAs: "ec2:vpc-flow-log/",
})

func createFlowLog(t *cloud.Tx, r *cloud.Resource) error {
	if kind := r.Str("logDestinationType"); kind != "cloud-watch-logs" {
		return cloud.Refuse("InvalidParameter", "EC2 API, CreateFlowLogs", "LogDestination type %s is not part of the offline AWS", kind)
	}
	name := r.Str("logGroupName")
	if arn := r.Str("logDestination"); arn != "" {
		var ok bool
		if name, ok = strings.CutPrefix(strings.TrimSuffix(arn, ":*"), t.ARN("logs", "log-group:")); !ok {
			return cloud.Refuse("InvalidParameter", "EC2 API, CreateFlowLogs", "LogDestination %s is not a log group of this account and region", arn)
		}
	}
	switch {
	case name == "":
		return cloud.Refuse("InvalidParameter", "EC2 API, CreateFlowLogs", "LogDestination can't be empty.")
	case r.Str("iamRoleArn") == "":
		return cloud.Refuse("InvalidParameter", "EC2 API, CreateFlowLogs", "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.")
	}
	r.ID = t.ID("fl")
	cloud.Computed(r, cloud.Map{
		"arn": t.ARN("ec2", "vpc-flow-log/"+r.ID), "logGroupName": name, "logDestination": t.ARN("logs", "log-group:"+name), "logFormat": flowLogFormat,
	})
	role, ok := roleByARN(t, r.Str("iamRoleArn"))
	if !ok || !t.Visible(role, "EC2") || !flowLogsMayAssume(t, role, r) {
		return cloud.Refuse("InvalidParameter", "facts 18", "Unable to assume given IAM role").For(iamPropagation)
	}
	for _, other := range t.All(typeFlowLog) {
		if other.Str("vpcId") == r.Str("vpcId") && other.Str("subnetId") == r.Str("subnetId") && other.Str("logGroupName") == name && other.Str("trafficType") == r.Str("trafficType") {
			return cloud.Refuse("FlowLogAlreadyExists", "facts 18", "Error. There is an existing Flow Log with the same configuration and log destination.")
		}
	}
	return deliverable(t, r, role, name)
}

// flowLogsMayAssume asks a role's trust policy as the flow logs service does ("IAM role for publishing flow logs to
// CloudWatch Logs", Amazon VPC User Guide).
func flowLogsMayAssume(t *cloud.Tx, role, r *cloud.Resource) bool {
	statements, err := iampolicy.Parse(role.Str("assumeRolePolicy"), iampolicy.Trust)
	return err == nil && iampolicy.Allows(statements, iampolicy.Request{
		Principal: iampolicy.Principal{Kind: "Service", ID: "vpc-flow-logs.amazonaws.com"}, Action: "sts:AssumeRole", Resource: role.Str("arn"),
		Context: map[string]string{"aws:sourceaccount": t.Account(), "aws:sourcearn": r.Str("arn")},
	})
}

// deliverable refuses a flow log whose records would never arrive. AWS accepts it and reports deliverLogsStatus FAILED,
// which nobody sees; here it is an error.
func deliverable(t *cloud.Tx, r, role *cloud.Resource, name string) error {
	group := t.ARN("logs", "log-group:"+name)
	if _, ok := t.Find(typeLogGroup, "", name); !ok && !roleAllows(t, role, "logs:CreateLogGroup", group+":*", nil) {
		return cloud.Refuse("InvalidParameter", "Amazon VPC User Guide, troubleshoot flow logs", "deliverLogsErrorMessage: Access error: log group %s does not exist", name)
	}
	for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"} {
		if !roleAllows(t, role, action, group+":*", nil) {
			return cloud.Refuse("InvalidParameter", "Amazon VPC User Guide, IAM role for publishing flow logs", "deliverLogsErrorMessage: Access error: role %s does not allow %s on %s", role.ID, action, group)
		}
	}
	return nil
}

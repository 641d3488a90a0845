package services

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/guardduty"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

var (
	_ = cloud.RegisterFunction("aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider", openIDConnectProvider, schema.OfFunction(iam.LookupOpenIdConnectProviderArgs{}, iam.LookupOpenIdConnectProviderResult{}), "")
	_ = cloud.RegisterFunction("aws:iam/getRoles:getRoles", roles, schema.OfFunction(iam.GetRolesArgs{}, iam.GetRolesResult{}), "")
	_ = cloud.RegisterFunction("aws:guardduty/getDetector:getDetector", detector, schema.OfFunction(guardduty.LookupDetectorArgs{}, guardduty.LookupDetectorResult{}), "")
	_ = cloud.RegisterFunction("aws:budgets/getBudget:getBudget", budget, schema.OfFunction(budgets.LookupBudgetArgs{}, budgets.LookupBudgetResult{}), "")
	_ = cloud.RegisterFunction("aws:ecr/getRepositories:getRepositories", repositories, schema.OfFunction(struct{}{}, ecr.GetRepositoriesResult{}), "")
	_ = cloud.RegisterFunction("aws:ssm/getDocument:getDocument", ssmDocument, schema.OfFunction(ssm.LookupDocumentArgs{}, ssm.LookupDocumentResult{}), "")
)

// openIDConnectProvider finds one by its URL or ARN (provider, iam/openid_connect_provider_data_source.go).
func openIDConnectProvider(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	arn, url := cloud.Str(args, "arn"), cloud.Str(args, "url")
	if (arn == "") == (url == "") {
		return nil, fmt.Errorf("exactly one of `arn,url` must be specified")
	}
	if arn == "" {
		arn = t.GlobalARN("iam", "oidc-provider/"+strings.TrimPrefix(url, "https://"))
	}
	r, ok := t.Find(typeOIDC, "", arn)
	if !ok && url != "" {
		return nil, fmt.Errorf("finding IAM OIDC Provider by url (%s): not found", url)
	}
	if !ok {
		return nil, &cloud.Error{Service: "IAM", Operation: "GetOpenIDConnectProvider", Code: "NoSuchEntity",
			Message: "OpenIDConnect Provider not found for arn " + arn, Rule: "IAM API, GetOpenIDConnectProvider"}
	}
	return cloud.Map{
		"arn": r.ID, "id": r.ID, "url": strings.TrimPrefix(r.Str("url"), "https://"), "clientIdLists": cloud.List(r.Strs("clientIdLists[]")...),
		"thumbprintLists": cloud.List(r.Strs("thumbprintLists[]")...), "tags": tagMap(r),
	}, nil
}

func tagMap(r *cloud.Resource) cloud.Map {
	tags, ok := r.State["tags"].(cloud.Map)
	if !ok {
		return cloud.Map{}
	}
	return cloud.Clone(tags)
}

// roles lists roles by path and name, service-linked ones among them (IAM API, ListRoles).
func roles(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	var names, arns []string
	pattern, err := regexp.Compile(cloud.Str(args, "nameRegex"))
	if err != nil {
		return nil, fmt.Errorf("name_regex: %w", err)
	}
	for _, typ := range []string{typeRole, typeLinkedRole} {
		for _, r := range t.All(typ) {
			if strings.HasPrefix(r.Str("path"), cloud.Str(args, "pathPrefix")) && pattern.MatchString(r.Str("name")) {
				names, arns = append(names, r.Str("name")), append(arns, r.Str("arn"))
			}
		}
	}
	result := cloud.Clone(args)
	if result == nil {
		result = cloud.Map{}
	}
	result["names"], result["arns"], result["id"] = cloud.List(names...), cloud.List(arns...), t.Region
	return result, nil
}

// detector finds the region's detector (provider, guardduty/detector_data_source.go).
func detector(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	for _, d := range t.All(typeDetector) {
		if id := cloud.Str(args, "id"); id != "" && id != d.ID {
			continue
		}
		status := "DISABLED"
		if d.Bool("enable") {
			status = "ENABLED"
		}
		return cloud.Map{
			"id": d.ID, "arn": d.Str("arn"), "status": status, "features": []any{}, "tags": tagMap(d),
			"findingPublishingFrequency": d.Str("findingPublishingFrequency"),
			"serviceRoleArn":             t.GlobalARN("iam", "role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"),
		}, nil
	}
	return nil, fmt.Errorf("no matching GuardDuty Detector found")
}

// budget finds one by its name (provider, budgets/budget_data_source.go). What the account spent is not modelled.
func budget(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	id := t.Account() + ":" + cloud.Str(args, "name")
	b, ok := t.Find(typeBudget, "", id)
	if !ok {
		return nil, fmt.Errorf("reading Budget (%s): couldn't find resource", id)
	}
	limit := cloud.List(cloud.Map{"amount": b.Str("limitAmount"), "unit": b.Str("limitUnit")})
	return cloud.Map{
		"id": id, "accountId": t.Account(), "name": b.Str("name"), "arn": b.Str("arn"), "budgetType": b.Str("budgetType"), "timeUnit": b.Str("timeUnit"),
		"timePeriodStart": b.Str("timePeriodStart"), "timePeriodEnd": b.Str("timePeriodEnd"), "tags": tagMap(b), "budgetLimits": limit,
		"autoAdjustDatas": []any{}, "budgetExceeded": false, "calculatedSpends": []any{}, "costFilters": []any{}, "costTypes": []any{},
		"notifications": []any{}, "plannedLimits": []any{},
	}, nil
}

// repositories lists the region's (provider, ecr/repositories_data_source.go).
func repositories(t *cloud.Tx, _ cloud.Map) (cloud.Map, error) {
	var names []string
	for _, r := range t.All(typeRepository) {
		names = append(names, r.ID)
	}
	return cloud.Map{"id": t.Region, "names": cloud.List(names...)}, nil
}

// ssmDocument describes one of the account's own documents.
func ssmDocument(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	d, ok := t.Find(typeDocument, "", cloud.Str(args, "name"))
	if !ok {
		return nil, &cloud.Error{Service: "SSM", Operation: "GetDocument", Code: "InvalidDocument",
			Message: "Document with name " + cloud.Str(args, "name") + " does not exist.", Rule: "Systems Manager API, GetDocument"}
	}
	result := cloud.Clone(args)
	result["arn"], result["content"], result["documentType"], result["id"] = d.Str("arn"), d.Str("content"), d.Str("documentType"), d.ID
	return result, nil
}

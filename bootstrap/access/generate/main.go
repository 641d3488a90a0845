// Command generate writes operations.txt: every operation of the AWS services that the roles speak of, as the AWS SDK for
// Go names it, behind the prefix that IAM has for the service. The test of the actions reads it. Run it in bootstrap/access
// when a role gets to another service, or to another version of the SDK:
//
//	go run ./generate > operations.txt
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// modules are the SDK's modules by IAM's prefix. The version is whatever is the latest when this runs; the file names it.
var modules = map[string]string{
	"acm": "acm", "application-autoscaling": "applicationautoscaling", "autoscaling": "autoscaling", "backup": "backup",
	"cloudwatch": "cloudwatch", "ec2": "ec2", "ecr": "ecr", "ecs": "ecs", "elasticache": "elasticache", "elasticloadbalancing": "elasticloadbalancingv2",
	"events": "eventbridge", "iam": "iam", "kms": "kms", "logs": "cloudwatchlogs", "rds": "rds", "route53": "route53", "s3": "s3",
	"secretsmanager": "secretsmanager", "sns": "sns", "ssm": "ssm", "tag": "resourcegroupstaggingapi", "wafv2": "wafv2",
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var head, lines []string
	for prefix, module := range modules {
		path := "github.com/aws/aws-sdk-go-v2/service/" + module
		var got struct{ Dir, Version string }
		cmd := exec.Command("go", "mod", "download", "-json", path+"@latest")
		cmd.Dir = os.TempDir() // not in this module: it does not depend on the SDK's services
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("download %s: %w", path, err)
		}
		if err := json.NewDecoder(bytes.NewReader(out)).Decode(&got); err != nil {
			return fmt.Errorf("download %s: %w", path, err)
		}
		files, err := filepath.Glob(filepath.Join(got.Dir, "api_op_*.go"))
		if err != nil || len(files) == 0 {
			return fmt.Errorf("read %s: no operations: %w", got.Dir, err)
		}
		head = append(head, "# "+path+" "+got.Version)
		for _, f := range files {
			name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), "api_op_"), ".go")
			if !strings.HasSuffix(name, "_test") {
				lines = append(lines, prefix+":"+name)
			}
		}
	}
	slices.Sort(head)
	slices.Sort(lines)
	fmt.Println(strings.Join(append(head, lines...), "\n"))
	return nil
}

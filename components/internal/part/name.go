package part

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// Name is the name, below the project's and the stack's, of something that people look for by its name: keys by their
// aliases, log groups, parameters. The project's name is the organisation's.
func Name(ctx *pulumi.Context, stack, name string) string {
	return ctx.Project() + "/" + stack + "/" + name
}

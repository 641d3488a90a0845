// Package awserrors says what AWS's errors mean on this platform and what to do about them.
//
// Parse takes an error apart as the AWS provider prints it; Explain finds its cause and its fix in a catalogue. The
// catalogue is for whoever operates a region: an error that it does not know keeps its whole text. The package knows neither
// engine nor cloud, so that it can be tested on texts alone.
package awserrors

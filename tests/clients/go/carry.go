// Carries bodies of every size into BUCKET and back by the Go SDK v2, and compares them.
//
// What service/s3 1.114.8 was seen to send as `x-amz-content-sha256`, always with Content-Length:
//
//	                         over TLS                              plain
//	default, each algorithm  STREAMING-UNSIGNED-PAYLOAD-TRAILER    the hash, checksum in a header
//	when required            UNSIGNED-PAYLOAD                      the hash
//	asked not to hash        as above                              UNSIGNED-PAYLOAD, checksum in a header
//	no bytes                 UNSIGNED-PAYLOAD, checksum in a       the hash, checksum in a header
//	                         header
//
// Large bodies come with `Expect: 100-continue`.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	transfer "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const mib = 1 << 20

var (
	sizes      = []int{0, 1, 5*mib - 1, 5 * mib}
	algorithms = []types.ChecksumAlgorithm{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"}
	background = context.Background()
	bucket     = aws.String(os.Args[1])
	https      = strings.HasPrefix(os.Getenv("AWS_ENDPOINT_URL"), "https:")
)

// The same bytes each time, which no two places share.
func noise(size int) []byte {
	bytes := make([]byte, size)
	rand.NewChaCha8([32]byte{7}).Read(bytes)
	return bytes
}

func client(when aws.RequestChecksumCalculation) *s3.Client {
	settings, err := config.LoadDefaultConfig(background)
	must(err)
	return s3.NewFromConfig(settings, func(o *s3.Options) {
		o.UsePathStyle = true
		o.RequestChecksumCalculation = when
		o.RetryMaxAttempts = 1
	})
}

// A put as the SDK does it: of what it can read twice, or of a stream, which it can only send over TLS.
func put(c *s3.Client, what string, sent []byte, body io.Reader, input s3.PutObjectInput, more ...func(*s3.Options)) *s3.HeadObjectOutput {
	key := aws.String("go/put")
	_, err := c.DeleteObject(background, &s3.DeleteObjectInput{Bucket: bucket, Key: key})
	must(err)
	input.Bucket, input.Key, input.Body = bucket, key, body
	input.ContentLength = aws.Int64(int64(len(sent)))
	_, err = c.PutObject(background, &input, more...)
	must(err)
	return same(c, what, key, sent)
}

// An upload in parts of 5 MiB; the reader does not say how much it is.
func upload(c *s3.Client, when aws.RequestChecksumCalculation, what string, sent []byte, algorithm types.ChecksumAlgorithm) *s3.HeadObjectOutput {
	key := aws.String("go/parts")
	manager := transfermanager.New(c, func(o *transfermanager.Options) {
		o.RequestChecksumCalculation = when
		o.PartSizeBytes = 5 * mib
		o.MultipartUploadThreshold = 5 * mib
	})
	_, err := manager.UploadObject(background, &transfermanager.UploadObjectInput{
		Bucket: bucket, Key: key, Body: stream(sent), ChecksumAlgorithm: transfer.ChecksumAlgorithm(algorithm),
	})
	must(err)
	return same(c, what, key, sent)
}

// Hides all of a reader but that it can be read.
func stream(sent []byte) io.Reader {
	return struct{ io.Reader }{bytes.NewReader(sent)}
}

// Gets the object, which has to be what was sent; gives what the store tells of it.
func same(c *s3.Client, what string, key *string, sent []byte) *s3.HeadObjectOutput {
	object, err := c.GetObject(background, &s3.GetObjectInput{Bucket: bucket, Key: key})
	must(err)
	got, err := io.ReadAll(object.Body)
	must(err)
	check(sha256.Sum256(got) == sha256.Sum256(sent), "%s: %d bytes are not the %d that were sent", what, len(got), len(sent))
	fmt.Printf("%s, %d bytes\n", what, len(sent))
	about, err := c.HeadObject(background, &s3.HeadObjectInput{Bucket: bucket, Key: key, ChecksumMode: "ENABLED"})
	must(err)
	return about
}

func hasChecksum(about *s3.HeadObjectOutput, algorithm types.ChecksumAlgorithm) {
	found := map[types.ChecksumAlgorithm]*string{
		"CRC32": about.ChecksumCRC32, "CRC32C": about.ChecksumCRC32C, "CRC64NVME": about.ChecksumCRC64NVME,
		"SHA1": about.ChecksumSHA1, "SHA256": about.ChecksumSHA256,
	}
	check(found[algorithm] != nil, "no %s in %+v", algorithm, about)
}

func must(err error) {
	if err != nil {
		log.Panic(err)
	}
}

func check(holds bool, format string, values ...any) {
	if !holds {
		log.Panicf(format, values...)
	}
}

func main() {
	big := noise(100 * mib)
	for name, when := range map[string]aws.RequestChecksumCalculation{
		"default":       aws.RequestChecksumCalculationWhenSupported,
		"when required": aws.RequestChecksumCalculationWhenRequired,
	} {
		c := client(when)
		for _, size := range sizes {
			sent := noise(size)
			put(c, "put, "+name, sent, bytes.NewReader(sent), s3.PutObjectInput{})
			unsigned := s3.WithAPIOptions(v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
			put(c, "put, unsigned, "+name, sent, bytes.NewReader(sent), s3.PutObjectInput{}, unsigned)
			upload(c, when, "stream of unknown length, "+name, sent, "")
		}
		upload(c, when, "parts, "+name, big, "")

		sent := noise(70_001)
		about := put(c, "coded, "+name, sent, bytes.NewReader(sent), s3.PutObjectInput{
			ContentEncoding: aws.String("gzip"), ContentType: aws.String("text/x-a"), Metadata: map[string]string{"of": name},
		})
		check(aws.ToString(about.ContentEncoding) == "gzip", "coded %+v", about)
		check(aws.ToString(about.ContentType) == "text/x-a" && about.Metadata["of"] == name, "%+v", about)
		about = put(c, "not coded, "+name, sent, bytes.NewReader(sent), s3.PutObjectInput{})
		check(about.ContentEncoding == nil, "coded %+v", about)
	}

	c := client(aws.RequestChecksumCalculationWhenSupported)
	for _, algorithm := range algorithms {
		for _, size := range sizes {
			sent := noise(size)
			input := s3.PutObjectInput{ChecksumAlgorithm: algorithm}
			hasChecksum(put(c, "put, "+string(algorithm), sent, bytes.NewReader(sent), input), algorithm)
			if https && size > 0 {
				hasChecksum(put(c, "stream, "+string(algorithm), sent, stream(sent), input), algorithm)
			}
		}
		// The manager does not name a CRC64NVME of each part when it completes, which AWS does not need and versitygw does.
		if algorithm == types.ChecksumAlgorithmCrc64nvme {
			continue
		}
		two := upload(c, aws.RequestChecksumCalculationWhenSupported, "two parts, "+string(algorithm), noise(5*mib+1), algorithm)
		hasChecksum(two, algorithm)
	}
	upload(c, aws.RequestChecksumCalculationWhenSupported, "parts, SHA256", big, "SHA256")
}

"""A store that keeps any key: moto, checking the signature of every S3 request.

Prints `ready PORT ACCESS_KEY_ID SECRET` and serves until it is killed.
"""

import json
import os
import sys

# moto starts to check signatures after this many unsigned calls: the four below.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"

import boto3
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()

session = boto3.Session("nobody", "nothing", region_name="us-east-1")
iam = session.client("iam", endpoint_url=f"http://127.0.0.1:{port}")
iam.create_user(UserName="gateway")
policy = iam.create_policy(PolicyName="everything", PolicyDocument=json.dumps(EVERYTHING))
iam.attach_user_policy(UserName="gateway", PolicyArn=policy["Policy"]["Arn"])
key = iam.create_access_key(UserName="gateway")["AccessKey"]

print("ready", port, key["AccessKeyId"], key["SecretAccessKey"], flush=True)
sys.stdin.read()

# A token for the reader who is signed in on your pages, in plain Python. Try it:
#   DETENTE_SSO_SECRET=… python3 sso-example.py 42 "Mara Quill" mara@quill.example
import base64
import hmac
import json
import os
import sys
import time
import uuid


def encode_part(part):
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def make_token(reader, secret):
    now = int(time.time())
    header = {"alg": "HS256", "typ": "JWT"}
    claims = {
        "sub": str(reader["id"]),  # never changes, never given to somebody else
        "name": reader["name"],
        "email": reader["email"],  # leave both out if you have no address
        "email_verified": reader["email_verified"],  # True only if you had it confirmed
        "iat": now,
        "exp": now + 300,  # five minutes
        "jti": str(uuid.uuid4()),  # good once
        "iss": "https://news.example",  # as the key has them on the desk
        "aud": "https://talk.news.example",
    }
    text = ".".join(encode_part(json.dumps(part).encode()) for part in (header, claims))
    return text + "." + encode_part(hmac.digest(secret.encode(), text.encode(), "sha256"))


if __name__ == "__main__":
    _, id_, name, email = sys.argv
    reader = {"id": id_, "name": name, "email": email, "email_verified": True}
    print(make_token(reader, os.environ["DETENTE_SSO_SECRET"]))

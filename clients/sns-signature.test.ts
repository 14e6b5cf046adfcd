import { boto3Tests } from "./boto3.ts";

boto3Tests("boto3_sns_signature.py");

mod timing;
